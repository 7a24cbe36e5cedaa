/** Sums of quantities that show no digits that were never traded: 8.71948067, and not 8.719480669999998. */

/** The finest grid that is looked for: no exchange's lot is finer. */
const PLACES_MAX = 12;

const POWERS = Array.from({ length: PLACES_MAX + 1 }, (_, places) => 10 ** places);

/** Up to here rounding errors are well below half a step of the grid. */
const STEPS_MAX = 1e15;

const hasPlaces = (value: number, power: number): boolean =>
  Math.round(value * power) / power === value;

/**
 * The sum of two numbers as decimals: on the coarsest grid of decimal places that both lie on. A number
 * that lies on none of up to twelve places, or a sum of more digits than a number holds, is added as it is.
 */
export function addExactly(a: number, b: number): number {
  const sum = a + b;
  const largest = Math.max(Math.abs(a), Math.abs(b), Math.abs(sum));
  for (const power of POWERS) {
    if (largest * power > STEPS_MAX) return sum;
    if (hasPlaces(a, power) && hasPlaces(b, power)) return Math.round(sum * power) / power;
  }
  return sum;
}
