// The page of a new user. The test passes the address of the server in the page's own address.
import '@buddy-chat/element'

const chat = document.createElement('buddy-chat')
chat.server = new URLSearchParams(location.search).get('server') ?? ''
chat.style.height = '480px'
document.body.append(chat)
