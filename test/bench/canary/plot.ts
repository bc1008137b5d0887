/** Delay over false rollback, a point per method, as SVG: the lower left is where one wants to be. */
import { type Comparison, detection, type Rise, worstKind } from "./comparison.ts";
import { METHODS } from "./methods.ts";
import { OURS } from "./ours.ts";
import { STICKY } from "./traffic.ts";

const PANEL = { width: 560, height: 400, left: 70, right: 30, top: 50, bottom: 60 };
const RISES: readonly Rise[] = [4, 10];
/** Of good builds; fewer are drawn at the edge. */
const SHARES = { from: 0.001, to: 1, marks: [0.001, 0.01, 0.1, 1] };
/** Seconds; what was never rolled back is drawn at the top. */
const DELAYS = { from: 5, to: 3_000, marks: [5, 15, 60, 300, 600, 1_800] };
const ALLOWED = 0.01;

export function drawComparisons(comparisons: readonly Comparison[]): string {
  const panels = comparisons.flatMap((comparison, column) =>
    RISES.map((rise, row) => {
      const at = `translate(${column * PANEL.width} ${row * PANEL.height})`;
      return `<g transform="${at}">${drawPanel(comparison, rise)}</g>`;
    }),
  );
  const [width, height] = [comparisons.length * PANEL.width, RISES.length * PANEL.height];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...panels,
    "</svg>\n",
  ].join("\n");
}

function drawPanel(comparison: Comparison, rise: Rise): string {
  const { width, height, left, right, top, bottom } = PANEL;
  const title = `${comparison.requestsPerSecond} requests per second, ${rise} times the errors`;
  const [x0, x1, y0, y1] = [left, width - right, height - bottom, top];
  return [
    text({ x: width / 2, y: 24, anchor: "middle", size: 14 }, title),
    `<rect x="${x0}" y="${y1}" width="${xOf(ALLOWED) - x0}" height="${y0 - y1}" fill="#e8f5e9"/>`,
    `<path d="M${x0} ${y1}V${y0}H${x1}" fill="none" stroke="#444"/>`,
    ...SHARES.marks.map((share) => text({ x: xOf(share), y: y0 + 16, anchor: "middle" }, `${share * 100} %`)),
    ...DELAYS.marks.map((delay) => text({ x: x0 - 8, y: yOf(delay) + 4, anchor: "end" }, `${delay} s`)),
    text({ x: x0 - 8, y: yOf(DELAYS.to) + 4, anchor: "end" }, "never"),
    text({ x: (x0 + x1) / 2, y: y0 + 36, anchor: "middle" }, "good builds rolled back, worst kind of traffic"),
    text({ x: x0, y: y1 - 10, anchor: "middle" }, "median delay"),
    ...drawPoints(
      METHODS.map((method) => ({
        name: method.name,
        ours: method === OURS,
        x: xOf(worstKind(comparison, method.key).share),
        y: yOf(detection(comparison, STICKY, method.key, rise).medianSeconds),
      })),
    ),
  ].join("\n");
}

type Point = { readonly name: string; readonly ours: boolean; readonly x: number; readonly y: number };
type Label = {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly right: boolean;
};

const LETTER_WIDTH = 5.6;
const LINE_HEIGHT = 13;

function drawPoints(points: readonly Point[]): string[] {
  const labels: Label[] = [];
  for (const point of points.toSorted((a, b) => a.y - b.y)) labels.push(placeLabel(point, points, labels));
  return [
    ...points.map(
      ({ ours, x, y }) => `<circle cx="${x}" cy="${y}" r="${ours ? 6 : 4}" fill="${ours ? "#1b5e20" : "#b71c1c"}"/>`,
    ),
    ...labels.map(({ name, from, to, y, right }) =>
      text({ x: right ? from : to, y, anchor: right ? "start" : "end" }, name),
    ),
  ];
}

/** Beside its point, as far down as it takes to cover neither another label nor another point. */
function placeLabel({ name, x, y }: Point, points: readonly Point[], labels: readonly Label[]): Label {
  const right = x < PANEL.width / 2;
  const width = name.length * LETTER_WIDTH;
  const [from, to] = right ? [x + 9, x + 9 + width] : [x - 9 - width, x - 9];
  let baseline = y + 4;
  const covers = (left: number, end: number, at: number) =>
    left < to && end > from && Math.abs(at - baseline) < LINE_HEIGHT;
  while (
    labels.some((label) => covers(label.from, label.to, label.y)) ||
    points.some((point) => covers(point.x - 4, point.x + 4, point.y + 4))
  ) {
    baseline += 1;
  }
  return { name, from, to, y: baseline, right };
}

function xOf(share: number): number {
  return PANEL.left + position(share, SHARES) * (PANEL.width - PANEL.left - PANEL.right);
}

function yOf(delay: number): number {
  return PANEL.height - PANEL.bottom - position(delay, DELAYS) * (PANEL.height - PANEL.top - PANEL.bottom);
}

/** 0 to 1 on a logarithmic axis. */
function position(value: number, { from, to }: { from: number; to: number }): number {
  const within = Math.min(to, Math.max(from, value));
  return Math.log(within / from) / Math.log(to / from);
}

function text(at: { x: number; y: number; anchor: string; size?: number }, words: string): string {
  const size = at.size === undefined ? "" : ` font-size="${at.size}"`;
  return `<text x="${at.x}" y="${at.y}" text-anchor="${at.anchor}"${size}>${words}</text>`;
}
