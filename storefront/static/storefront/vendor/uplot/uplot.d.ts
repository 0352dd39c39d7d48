/** As much of uPlot as we call; it is minified, and no type checker should read it. */
declare const uPlot: any;
export default uPlot;
