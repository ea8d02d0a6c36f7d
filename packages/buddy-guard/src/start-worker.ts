interface ScriptUrlPolicy {
  createScriptURL(url: string): string
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (url: string) => string },
  ): ScriptUrlPolicy
}

const policyName = 'buddy-guard'
let policy: ScriptUrlPolicy | undefined

/**
 * Returns the URL in the form that `new Worker` demands on pages with Trusted Types. Such pages have to allow
 * the policy `buddy-guard`.
 */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes }
  policy ??= trustedTypes?.createPolicy(policyName, { createScriptURL: (value) => value })
  return policy ? policy.createScriptURL(url) : url
}

/** The script of a worker that loads `url`. It inherits the page's content security policy. */
const loaderOf = (url: string): string => `
const url = ${JSON.stringify(url)}
importScripts(
  self.trustedTypes
    ? trustedTypes.createPolicy('${policyName}', { createScriptURL: () => url }).createScriptURL('')
    : url,
)
`

/**
 * Starts a worker from a script of any origin. Browsers start workers from the page's own origin only, so a
 * small worker of the page loads a script of another origin.
 * @throws DOMException `SecurityError` or TypeError if the page's content security policy forbids it
 */
export function startWorker(url: URL): Worker {
  if (url.origin === location.origin) return new Worker(trusted(url.href))
  const blob = new Blob([loaderOf(url.href)], { type: 'text/javascript' })
  const blobUrl = URL.createObjectURL(blob)
  try {
    return new Worker(trusted(blobUrl))
  } finally {
    // The worker may not have read the URL yet in every browser.
    setTimeout(() => URL.revokeObjectURL(blobUrl), 60_000)
  }
}
