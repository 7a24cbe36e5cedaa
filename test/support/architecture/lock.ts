/** Looks into package-lock.json for what `npm ci` would refuse on a machine of another kind. */

interface LockEntry {
  version?: string;
  optionalDependencies?: Record<string, string>;
}

export interface Lock {
  packages: Record<string, LockEntry>;
}

/** Where Node would find `name` from the package at `from`, among the packages of the lock. */
function found(lock: Lock, from: string, name: string): boolean {
  let folder = from;
  for (;;) {
    const path = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (lock.packages[path]) return true;
    if (folder === "") return false;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1));
  }
}

/**
 * Optional packages (the binaries of other systems) that the lock leaves out. npm drops those that
 * its registry did not offer when the lock was written, and `npm ci` then refuses the whole lock.
 */
export function missingFromLock(lock: Lock): string[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !found(lock, path, name))
      .map((name) => `${path}: ${name} is missing from package-lock.json`),
  );
}
