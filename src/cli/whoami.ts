import { hostname, userInfo } from 'node:os';

/** The name of the user at this computer, for the record: `anna@laptop`. It is claimed, not proven. */
export function whoami(): string {
  return `${nameOfUser()}@${hostname()}`;
}

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return 'someone'; // a container without an entry for this user id
  }
}
