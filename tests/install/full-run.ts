/** Whether this run is `npm run test:install`. If it is `npm test`, the tests check fewer combinations. */
export const isFullRun = process.env['BUDDY_INSTALL_TESTS'] === 'full'
