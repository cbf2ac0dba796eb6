export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

export function two(n: number): string {
  return String(n).padStart(2, '0');
}

/** strftime(3) in UTC. */
export function strftime(format: string, ms: number): string {
  const at = new Date(ms);
  const day = DAYS[at.getUTCDay()] as string;
  const values: Record<string, string> = {
    Y: String(at.getUTCFullYear()),
    m: two(at.getUTCMonth() + 1),
    d: two(at.getUTCDate()),
    e: String(at.getUTCDate()).padStart(2),
    H: two(at.getUTCHours()),
    M: two(at.getUTCMinutes()),
    S: two(at.getUTCSeconds()),
    s: String(Math.floor(ms / 1000)),
    N: `${String(Math.floor(ms) % 1000).padStart(3, '0')}000000`,
    a: day.slice(0, 3),
    A: day,
    b: MONTHS[at.getUTCMonth()] as string,
    y: String(at.getUTCFullYear()).slice(2),
    j: String(Math.floor((ms - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000) + 1).padStart(3, '0'),
    Z: 'UTC',
    z: '+0000',
    n: '\n',
    t: '\t',
    '%': '%',
  };
  values['F'] = `${values['Y']}-${values['m']}-${values['d']}`;
  values['T'] = `${values['H']}:${values['M']}:${values['S']}`;
  values['R'] = `${values['H']}:${values['M']}`;
  values['D'] = `${values['m']}/${values['d']}/${values['y']}`;
  return format.replace(/%[-_]?([a-zA-Z%])/g, (whole, letter: string) => values[letter] ?? whole);
}
