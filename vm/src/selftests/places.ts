/** Where the selftests' own root lies in the guest. */
export const selftestRoot = '/selftests';
/** Their scripts inside of it. */
export const selftestFolder = '/st';
