import '@buddy-chat/element'
import { useState } from 'react'

export function App() {
  const [isOpen, setIsOpen] = useState(false)
  const [partners, setPartners] = useState<readonly string[]>([])
  return (
    <main>
      <h1>Language exchange</h1>
      <button onClick={() => setIsOpen(!isOpen)}>{isOpen ? 'Leave' : 'Find a partner'}</button>
      {isOpen && (
        <buddy-chat
          server={import.meta.env.VITE_BUDDY_SERVER}
          interests={['Spanish', 'English']}
          autostart
          onbuddy-match={({ detail }) => setPartners((names) => [...names, detail.partner.name])}
        />
      )}
      <p>Partners so far: {partners.join(', ')}</p>
    </main>
  )
}
