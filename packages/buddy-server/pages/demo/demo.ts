// Sets the element's attributes from the page's query parameters: /?name=Ana&interests=jazz,chess&autostart
const chat = document.querySelector('buddy-chat')
const query = new URLSearchParams(location.search)
const names = ['name', 'interests', 'mode', 'lobby', 'site', 'relayonly', 'relayuntiltrusted']
// In a frame of another page, the camera must not start without a click of the visitor.
if (window.top === window) names.push('autostart')
for (const name of names) {
  const value = query.get(name)
  if (value !== null) chat?.setAttribute(name, value)
}
