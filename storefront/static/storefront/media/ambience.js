// @ts-check
/** Fills what a picture of another shape leaves free of its stage with the picture's own colours; the style sheet blurs them. */

const PACE = 400; // ms between two looks

/** @param {HTMLCanvasElement} canvas @param {HTMLVideoElement} video */
export function ambience(canvas, video) {
  const pen = canvas.getContext("2d");
  setInterval(() => {
    if (document.hidden || !video.videoWidth || !canvas.checkVisibility()) return;
    pen?.drawImage(video, 0, 0, canvas.width, canvas.height);
  }, PACE);
}
