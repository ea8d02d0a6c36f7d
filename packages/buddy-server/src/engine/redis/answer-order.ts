interface Question {
  deliver: (() => void) | undefined
}

/** Delivers answers in the order of their questions, also if they arrive in another order, from several shards. */
export class AnswerOrder {
  /** Those without an answer, and later ones. */
  readonly #questions: Question[] = []

  /** Adds a question. Returns the function to call with the answer, which is delivered after those before it. */
  ask(): (deliver: () => void) => void {
    const question: Question = { deliver: undefined }
    this.#questions.push(question)
    return (deliver) => {
      question.deliver = deliver
      while (this.#questions[0]?.deliver) this.#questions.shift()!.deliver!()
    }
  }
}
