import { hostname, userInfo } from 'node:os';

/** Who sits here, for the record: `anna@laptop`. Claimed, not proven. */
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
