// The page of a new user. The test passes the address of the server in the page's own address.
import '@buddy-chat/element'
import { createNsfwGuard } from '@buddy-chat/guard'

const chat = document.createElement('buddy-chat')
chat.server = new URLSearchParams(location.search).get('server') ?? ''
// The bundler has to find the worker of the guard. The test waits for its verdict.
chat.guard = async () => {
  const guard = await createNsfwGuard()
  return {
    async check(frame) {
      const result = await guard.check(frame)
      document.documentElement.dataset['verdict'] = result.verdict
      return result
    },
    close: () => guard.close(),
  }
}
chat.style.height = '480px'
document.body.append(chat)
