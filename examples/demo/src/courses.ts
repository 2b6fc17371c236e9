import type { FakeCourse } from '@klpkit/kernel/testing';

/** How a good patch's transition may last on a machine, ms; as spread as on real ones, but shorter. */
const TRANSITION_MS = [20, 40, 80, 160, 320];

/** What the faulty patch does, machine after machine: most oops soon, some run it unharmed, one goes down. */
const FAULTY: readonly FakeCourse[] = [
  { kind: 'oopses', afterMs: 50 },
  { kind: 'applies' },
  { kind: 'oopses', afterMs: 150 },
  { kind: 'panics', afterMs: 120 },
  { kind: 'oopses', afterMs: 50 },
  { kind: 'oopses', afterMs: 300 },
  { kind: 'applies' },
  { kind: 'oopses', afterMs: 50 },
];

/** The fleet's script: asked at each insertion, in the order in which they happen over all machines. */
export function createCourses(faultyModule: string): (module: string) => FakeCourse {
  let [good, faulty] = [0, 0];
  return (module) => {
    if (module !== faultyModule) {
      return { kind: 'applies', afterMs: TRANSITION_MS[good++ % TRANSITION_MS.length] ?? 20 };
    }
    const course = FAULTY[faulty % FAULTY.length] ?? { kind: 'applies' };
    // One panic is enough: the gate counts what is reported, and a machine that is down reports late.
    const second = course.kind === 'panics' && faulty >= FAULTY.length;
    faulty += 1;
    return second ? { kind: 'oopses', afterMs: 50 } : course;
  };
}
