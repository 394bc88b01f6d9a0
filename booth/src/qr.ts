// QR codes as one SVG path: a run of dark modules is one rectangle.
import encodeQR from "qr";

/** Draw `text` into an empty `<svg><path/></svg>`; the more is corrected, the larger it grows. */
export function drawQr(svg: SVGElement, text: string, correction: "low" | "medium"): void {
  // The quiet zone is the style sheet's; the package wants to draw at least one module of it.
  const framed = encodeQR(text, "raw", { ecc: correction, border: 1 });
  const modules = framed.slice(1, -1).map((row) => row.slice(1, -1));
  svg.setAttribute("viewBox", `0 0 ${modules.length} ${modules.length}`);
  svg.querySelector("path")?.setAttribute("d", modules.map(rowPath).join(""));
}

function rowPath(row: readonly boolean[], y: number): string {
  let path = "";
  for (let x = 0; x < row.length; x += 1) {
    if (row[x] !== true) continue;
    let end = x;
    while (row[end] === true) end += 1;
    path += `M${x} ${y}h${end - x}v1h${x - end}z`;
    x = end;
  }
  return path;
}
