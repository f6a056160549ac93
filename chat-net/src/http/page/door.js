// @ts-check
/** What it takes to come in, as the server says it before anybody says hello. */

/** @typedef {{accounts: 'off' | 'optional' | 'required', register: boolean, password: boolean}} Door */

/** Where nothing says more: a name is tried, and what is missing is asked for when it is refused. @type {Door} */
export const UNKNOWN = { accounts: 'off', register: false, password: false };

/** Whether those who come in may make an account. @param {Door} door */
export const mayRegister = ({ accounts, register }) => accounts !== 'off' && register;

/** Nobody waits longer for the first screen. */
const PATIENCE_MS = 2_000;

/** @returns {Promise<Door>} */
export async function readDoor() {
  try {
    const answer = await fetch(new URL('door', location.origin + location.pathname), { signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok ? { ...UNKNOWN, ...(await answer.json()) } : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}
