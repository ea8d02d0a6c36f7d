// The pages of the server: the demo page and the dashboard. URLs in their HTML are relative to this folder. The
// build writes them to `dist/public`, under the names that the server serves.
import type { Plugin } from 'vite'
import { defineConfig } from 'vite'

/** The file of each page, by the path at which the server serves it. */
const pages: Readonly<Record<string, string>> = {
  '/': '/demo/index.html',
  '/dashboard': '/dashboard/index.html',
}

/** Serves the pages at the same paths as the server, and writes the page at `/` to the root folder. */
const pagePaths: Plugin = {
  name: 'buddy-page-paths',
  configureServer: ({ middlewares }) => {
    middlewares.use((request, _response, next) => {
      const { pathname, search } = new URL(request.url ?? '/', 'http://localhost')
      if (Object.hasOwn(pages, pathname)) request.url = `${pages[pathname]}${search}`
      next()
    })
  },
  generateBundle: {
    order: 'post',
    handler: (_options, bundle) => {
      const demo = bundle['demo/index.html']
      if (demo) demo.fileName = 'index.html'
    },
  },
}

/**
 * Keeps the notices at the top of library files, because their licences require it. The build itself drops a
 * comment together with the code that follows it.
 */
function licenceNotices(): Plugin {
  const notices = new Map<string, string>()
  return {
    name: 'buddy-licence-notices',
    apply: 'build',
    transform: {
      filter: { id: /node_modules/ },
      handler: (code, id) => {
        const [notice] = /^\s*\/\*.*?\*\//s.exec(code) ?? []
        if (notice && /copyright|licen[cs]e/i.test(notice)) notices.set(id, notice.trim())
      },
    },
    generateBundle: (_options, bundle) => {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue
        const found = new Set(file.moduleIds.map((id) => notices.get(id)).filter(Boolean))
        if (found.size > 0) file.code = `${[...found].join('\n')}\n${file.code}`
      }
    },
  }
}

export default defineConfig({
  appType: 'mpa',
  publicDir: false,
  plugins: [pagePaths, licenceNotices()],
  build: {
    outDir: '../dist/public',
    emptyOutDir: false,
    target: 'es2022',
    // The polyfill would be an inline script, which the policy of the pages forbids.
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { demo: 'demo/index.html', 'dashboard/dashboard': 'dashboard/index.html' },
      output: {
        entryFileNames: '[name].js',
        // The style sheet of a page is beside its script. Vite names it after the source file only.
        assetFileNames: ({ originalFileNames: [source] }) =>
          source?.startsWith('dashboard/') ? 'dashboard/[name].[ext]' : '[name].[ext]',
      },
    },
  },
  experimental: {
    // Both pages are served at the root folder, possibly below a path prefix of a proxy.
    renderBuiltUrl: (fileName) => fileName,
  },
})
