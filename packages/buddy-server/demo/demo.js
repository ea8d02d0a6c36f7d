// Hands the page's query parameters to the element: /?name=Ana&interests=jazz,chess&autostart
const chat = document.querySelector('buddy-chat')
const query = new URLSearchParams(location.search)
const names = ['name', 'interests', 'mode', 'lobby', 'site', 'relayonly', 'relayuntiltrusted']
// Framed by somebody else's page, nobody goes live without a click of their own.
if (window.top === window) names.push('autostart')
for (const name of names) {
  const value = query.get(name)
  if (value !== null) chat.setAttribute(name, value)
}
