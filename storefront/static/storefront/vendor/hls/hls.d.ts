/** As much of hls.js as we call; it is minified, and no type checker should read it. */
declare const Hls: any;
export default Hls;
