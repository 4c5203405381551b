// @ts-check
// The three properties that say how large the camera's pictures are.

/** @typedef {'cameraDimension' | 'cameraWidth' | 'cameraHeight'} Name */

/**
 * Gives width and height when one of the properties is set: one side alone keeps 4 to 3. Undefined for what is no size.
 * @param {Name} name
 * @param {string | number | null} wanted
 * @returns {[number, number] | undefined}
 */
export function dimensions(name, wanted) {
  const [width, height] = sides(name, wanted);
  return width > 0 && height > 0 ? [width, height] : undefined;
}

/**
 * @param {Name} name
 * @param {string | number | null} wanted
 */
function sides(name, wanted) {
  const side = Math.round(Number(wanted));
  switch (name) {
    case 'cameraWidth':
      return [side, Math.round((side * 3) / 4)];
    case 'cameraHeight':
      return [Math.round((side * 4) / 3), side];
    default:
      return (/^(\d+)x(\d+)$/.exec(String(wanted)) ?? []).slice(1).map(Number);
  }
}
