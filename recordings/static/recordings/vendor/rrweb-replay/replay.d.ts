/** As much of @rrweb/replay as we call; it is minified, and no type checker should read it. */
declare global {
  const rrwebReplay: { Replayer: any };
}
export {};
