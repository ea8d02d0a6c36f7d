// npm run test:browsers: the tests of tests/e2e and tests/network with every browser and every duration.
// npm test runs one of them for each promise. `npm run test:browsers -- network` runs only this step.
process.env.BUDDY_BROWSER_TESTS = 'full'
if (process.argv.length === 2) process.argv.push('e2e', 'network')
await import('./test.mjs')
