// The pages of the server: the demo page, and the dashboard and the moderation page for operators. URLs in their HTML
// are relative to this folder. The build writes them to `dist/public`, under the names that the server serves.
import type { Plugin } from 'vite'
import { defineConfig } from 'vite'

/** The file of each page, by the path at which the server serves it. */
const pages: Readonly<Record<string, string>> = {
  '/': '/demo/index.html',
  '/dashboard': '/dashboard/index.html',
  '/moderation': '/moderation/index.html',
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

/** The licences of the libraries in the dashboard's script, which have to be passed on with it. */
const notices = 'THIRD-PARTY-NOTICES.txt'

export default defineConfig({
  appType: 'mpa',
  publicDir: false,
  plugins: [pagePaths],
  build: {
    outDir: '../dist/public',
    emptyOutDir: false,
    license: { fileName: `dashboard/${notices}` },
    target: 'es2022',
    // The polyfill would be an inline script, which the policy of the pages forbids.
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        demo: 'demo/index.html',
        'dashboard/dashboard': 'dashboard/index.html',
        'moderation/moderation': 'moderation/index.html',
      },
      output: {
        entryFileNames: '[name].js',
        // The modules that both pages for operators use.
        chunkFileNames: 'operator-pages.js',
        postBanner: ({ moduleIds }) =>
          moduleIds.some((id) => id.includes('node_modules'))
            ? `/*! With libraries; see ${notices} */`
            : '',
        // The style sheet of a page is beside its script. Vite names it after the source file only.
        assetFileNames: ({ originalFileNames: [source = ''] }) =>
          `${/^(dashboard|moderation)\//.exec(source)?.[0] ?? ''}[name].[ext]`,
      },
    },
  },
  experimental: {
    // All pages are served at the root folder, possibly below a path prefix of a proxy.
    renderBuiltUrl: (fileName) => fileName,
  },
})
