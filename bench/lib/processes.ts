/** What the kernel says of processes (Linux only): whose child one is, its processor time and its memory. */
import { readdirSync, readFileSync } from "node:fs";

/** The kernel counts processor time in hundredths of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;
const BYTES_PER_PAGE = 4_096;

/** Fields of `/proc/<pid>/stat` after the name, which may hold anything; see proc(5). */
function statOf(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

const nameOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
};

/** Our own children of this name, oldest first. */
export function childrenNamed(name: string, parent = process.pid): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && nameOf(pid) === name && Number(statOf(pid)?.[1]) === parent)
    .toSorted((a, b) => a - b);
}

/** Seconds of processor time that a process has used; null when it is gone, or where there is no /proc. */
export function cpuSeconds(pid: number): number | null {
  const stat = statOf(pid);
  return stat && (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND;
}

/** Memory of a process that is in use just now, bytes. */
export function residentBytes(pid: number): number | null {
  const stat = statOf(pid);
  return stat && Number(stat[21]) * BYTES_PER_PAGE;
}
