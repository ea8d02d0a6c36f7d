/** The page for operators, to which messages and written files refer. */
export const operationsPage = 'https://github.com/buddy-chat/buddy/blob/main/docs/operations.md'
