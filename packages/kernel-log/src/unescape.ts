const escaped = /(?:\\x[0-9a-f]{2})+/gi;

/** Undoes `\xNN` of /dev/kmsg; a run of such bytes is read as UTF-8, with U+FFFD for what is not. */
export function unescapeKmsg(text: string): string {
  if (!text.includes('\\x')) return text;
  const decoder = new TextDecoder();
  return text.replace(escaped, (run) => {
    const bytes = new Uint8Array(run.length / 4);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(run.slice(i * 4 + 2, i * 4 + 4), 16);
    return decoder.decode(bytes);
  });
}
