import type { LogRule } from '../rule.ts';
import { comm, ip, pattern } from './patterns.ts';

// Format strings: mm/kasan/report.c, mm/kfence/report.c, mm/kmsan/report.c, kernel/kcsan/report.c, mm/slub.c, mm/page_alloc.c,
// mm/memory.c, lib/ubsan.c, lib/list_debug.c, fs/super.c, fs/open.c.

const access = /^(?<access>Read|Write) (?:of size \d+|at addr )/;

/** Memory errors that a checker in the kernel finds. */
export const memoryRules: readonly LogRule[] = [
  {
    id: 'kasan-invalid-free',
    report: true,
    kind: 'fault',
    anchors: ['BUG: '],
    pattern: pattern('BUG: KASAN: double-free or invalid-free in ', ip),
    title: 'KASAN: invalid-free in {function}',
    skip: /^(?:kmem_|slab_|kfree|vunmap|vfree)/,
  },
  {
    id: 'kasan',
    report: true,
    kind: 'fault',
    anchors: ['BUG: '],
    pattern: pattern('BUG: KASAN: (?<type>[a-z-]{3,40}) in ', ip),
    title: 'KASAN: {type} {access} in {function}',
    details: [access],
  },
  {
    id: 'kasan-address',
    report: true,
    kind: 'fault',
    anchors: ['BUG: '],
    pattern: /BUG: KASAN: (?<type>[a-z-]{3,40}) (?:on|in) /,
    title: 'KASAN: {type} {access} in {function}',
    details: [access],
  },
  {
    id: 'kfence',
    report: true,
    kind: 'fault',
    anchors: ['BUG: '],
    pattern: pattern('BUG: KFENCE: (?<type>[a-z -]{3,40}?) in ', ip),
    title: 'KFENCE: {type} in {function}',
  },
  {
    id: 'kmsan',
    report: true,
    kind: 'fault',
    anchors: ['BUG: '],
    pattern: pattern('BUG: KMSAN: (?<type>[a-z-]{3,40}) in ', ip),
    title: 'KMSAN: {type} in {function}',
    skip: /^(?:aes|crypto|cipher|xts|drbg|rng)\w*_/, // where it is noticed; the caller brought it
  },
  {
    id: 'kcsan',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: /BUG: KCSAN: (?<what>[a-z-]{3,20}(?:: [a-z-]{3,20})? in [\w.]{1,200}(?: \/ [\w.]{1,200})?)/,
    title: 'KCSAN: {what}',
  },
  {
    id: 'ubsan-undefined',
    report: true,
    kind: 'warning',
    anchors: ['UBSAN: '],
    pattern: /UBSAN: Undefined behaviour in \S{1,255}:\d+:\d+/,
    title: 'UBSAN: undefined-behaviour in {function}',
  },
  {
    id: 'ubsan',
    report: true,
    kind: 'warning',
    anchors: ['UBSAN: '],
    pattern: /UBSAN: (?<type>[a-z-]{3,40}) in \S{1,255}:\d+:\d+/,
    title: 'UBSAN: {type} in {function}',
  },
  {
    // "kasan: bad access detected" is KASAN's own follow-up.
    id: 'slub',
    report: true,
    kind: 'fault',
    anchors: ['BUG '],
    pattern: /BUG (?<cache>[\w:.-]{1,64}) \((?:Not t|T)ainted[^)]{0,60}\): (?!kasan: )(?<what>[A-Z][\w -]{2,60}\w)/,
    title: 'BUG: {what}',
  },
  {
    // Before 6.8
    id: 'slab',
    kind: 'fault',
    anchors: ['slab error in ', 'Slab corruption'],
    pattern:
      /(?:slab error in \w{1,80}\(\): cache .{1,80}: (?<what>[\w -]{3,60}\w)|Slab corruption \((?<tainted>(?:Not t|T)ainted)[^)]{0,60}\): )/,
    title: 'BUG: slab error: {what}',
  },
  {
    id: 'slub-track',
    kind: 'fault',
    role: 'follow',
    anchors: ['INFO: '],
    pattern: /INFO: (?<what>Freed|Allocated) in (?<function>[A-Za-z_]\w{0,200})/,
    title: 'INFO: {what} in {function}',
  },
  {
    id: 'bad-page',
    kind: 'fault',
    anchors: ['BUG: '],
    pattern: pattern('BUG: Bad page (?<what>state|map|cache) in process ', comm, String.raw`(?: +(?:pfn|pte|pmd):|$)`),
    title: 'BUG: Bad page {what} in {function}',
    skip: /^_*(?:free_(?:pages|unref|one|pcp|tail)|release_pages|folio_put|put_page|folios_put)/,
  },
  {
    id: 'mm-counter',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: /BUG: (?<what>Bad rss-counter state|non-zero \w{3,30} on freeing mm)/,
    title: 'BUG: {what}',
  },
  {
    id: 'dentry-in-use',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: /BUG: Dentry .{1,300} still in use \(-?\d+\) \[unmount of (?<what>[^\]]{1,80})\]/,
    title: 'BUG: Dentry still in use [unmount of {what}]',
  },
  {
    id: 'busy-inodes',
    kind: 'fault',
    anchors: ['VFS: Busy inodes after unmount of '],
    pattern: /VFS: Busy inodes after unmount of /,
    title: 'VFS: Busy inodes after unmount (use-after-free)',
  },
  {
    id: 'closed-file',
    kind: 'fault',
    anchors: ['VFS: Close: file count is '],
    pattern: /VFS: Close: file count is (?:0|zero)/,
    title: 'VFS: Close: file count is zero (use-after-free)',
  },
  {
    id: 'list-check',
    kind: 'fault',
    role: 'lead',
    anchors: ['list_add corruption', 'list_del corruption', 'list_add double add: '],
    pattern: /(?:list_(?:add|del) corruption[,.]|list_add double add: )/,
    title: 'BUG: corrupted list in {function}',
  },
  {
    id: 'usercopy-check',
    kind: 'fault',
    role: 'lead',
    anchors: ['usercopy: '],
    pattern: /usercopy: Kernel memory (?:exposure|overwrite) attempt detected /,
    title: 'BUG: bad usercopy in {function}',
    skip: /usercopy|^__check/,
  },
];
