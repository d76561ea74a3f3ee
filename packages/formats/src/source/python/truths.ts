/** Which scalar functions give true or false, for which Python's libraries have a type of their own. */
export const isTruth = (name: string): boolean =>
  ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual', 'isNaN'].includes(name) ||
  name.startsWith('logical')
