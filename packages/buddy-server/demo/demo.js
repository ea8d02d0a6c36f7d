// Hands the page's query parameters to the element: /?name=Ana&interests=jazz,chess&autostart
const chat = document.querySelector('buddy-chat')
const query = new URLSearchParams(location.search)
for (const name of ['name', 'interests', 'mode', 'lobby', 'site', 'autostart']) {
  const value = query.get(name)
  if (value !== null) chat.setAttribute(name, value)
}
