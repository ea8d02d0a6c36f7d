interface Request {
  /** Delivers the answer; undefined until the answer has arrived. */
  deliver: (() => void) | undefined
}

/** Delivers answers in the order of their requests, also if they arrive in another order, from several shards. */
export class AnswerOrder {
  /** The requests whose answers have not been delivered, the oldest first. */
  readonly #requests: Request[] = []

  /** Adds a request. Returns the function to call with the answer, which is delivered after those before it. */
  expect(): (deliver: () => void) => void {
    const request: Request = { deliver: undefined }
    this.#requests.push(request)
    return (deliver) => {
      request.deliver = deliver
      while (this.#requests[0]?.deliver) this.#requests.shift()!.deliver!()
    }
  }
}
