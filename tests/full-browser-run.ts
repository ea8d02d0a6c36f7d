/**
 * Whether this run is `npm run test:browsers`. If it is `npm test`, the tests of calls leave out what another test
 * promises too, with another browser or another duration.
 */
export const isFullBrowserRun = process.env['BUDDY_BROWSER_TESTS'] === 'full'
