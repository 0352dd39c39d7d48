/** LiveKit’s client gives itself the global name LivekitClient; it is minified, and no type checker should read it. */
export {};
