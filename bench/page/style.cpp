#include "page/page.hpp"

namespace bench {
namespace {

// Colours are named once, for light, dark and paper. No '<' or '&' here: the page is also XML.
constexpr const char* style = R"(
:root {
  --paper: #fffffb; --ink: #1c1c1a; --soft: #595952; --rule: #e4e3dc; --mark: #0a5a9c;
  --faint: #c9c8bf; --warn: #8a3b00; --warn-paper: #fff4e5;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #16181b; --ink: #e9e8e3; --soft: #a9a9a2; --rule: #2d3035; --mark: #7cc0ff;
    --faint: #4a4e55; --warn: #ffb66e; --warn-paper: #33261a;
  }
}
@media (forced-colors: active) {
  :root {
    --paper: Canvas; --ink: CanvasText; --soft: CanvasText; --rule: GrayText; --mark: Highlight;
    --faint: GrayText; --warn: CanvasText; --warn-paper: Canvas;
  }
  svg { forced-color-adjust: none; }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body {
  max-width: 54rem; margin: 0 auto; padding: 1.5rem 1rem 4rem;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 3rem 0 .25rem; }
h3 { font-size: .95rem; margin: 1.75rem 0 .5rem; }
.lead { color: var(--soft); margin: 0 0 1rem; max-width: 42rem; }
.warning {
  background: var(--warn-paper); border-left: .25rem solid var(--warn); margin: .75rem 0;
  padding: .5rem .75rem;
}
.warning strong { color: var(--warn); }
.facts {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(12.5rem, 100%), 1fr));
  gap: .6rem 1.5rem; margin: 1rem 0; padding: .9rem 0; border: solid var(--rule);
  border-width: 1px 0;
}
.facts dt { color: var(--soft); font-size: .8rem; line-height: 1.3; }
.facts dd { margin: 0; font-size: .92rem; line-height: 1.4; overflow-wrap: anywhere; }
figure { margin: 1rem 0; }
svg { display: block; overflow: visible; }
svg text { fill: var(--ink); font-size: 13px; }
svg .value { font-weight: 600; }
svg .detail, svg .axis { fill: var(--soft); font-size: 11.5px; }
svg line { stroke: var(--ink); stroke-width: 1; }
svg .grid, svg .axis-tick { stroke: var(--rule); }
svg .reference { stroke: var(--soft); stroke-width: 1.5; }
svg .span { stroke: var(--mark); stroke-width: 2; }
svg .tick { stroke: var(--mark); stroke-width: 2; }
svg .bar { stroke: var(--mark); stroke-width: 10; }
svg .mark { fill: var(--mark); }
svg .ring { fill: var(--paper); stroke: var(--mark); stroke-width: 2; }
svg .curve { stroke: var(--mark); stroke-width: 2; stroke-linecap: round; }
svg .context { stroke: var(--faint); }
.panel text { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: .85rem; margin: 0 0 .5rem; }
.legend span { display: inline-flex; align-items: center; gap: .35rem; }
.panels {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(16rem, 100%), 1fr));
  gap: 1rem 1.75rem;
}
.panel { margin: 0; min-width: 0; }
.panel figcaption { font-size: .9rem; line-height: 1.3; overflow-wrap: anywhere; }
.panel figcaption span { color: var(--soft); font-size: .8rem; }
.scroll { overflow-x: auto; margin: 1rem 0; }
.scroll:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .84rem; line-height: 1.35; width: 100%; }
caption {
  text-align: left; color: var(--soft); font-size: .8rem; padding: 0 0 .25rem; white-space: nowrap;
}
th, td {
  border-bottom: 1px solid var(--rule); padding: .25rem .6rem .25rem 0; text-align: left;
  font-weight: 400; vertical-align: baseline; white-space: nowrap;
}
td.word, tbody th { white-space: normal; max-width: 16rem; overflow-wrap: break-word; }
thead th { color: var(--soft); }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; padding-left: .6rem; }
.absent { margin-top: 3rem; color: var(--soft); font-size: .9rem; }
code {
  display: block; font: .9em ui-monospace, Consolas, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere;
}
@media (max-width: 30rem) {
  svg text { font-size: 12px; }
  svg .detail, svg .axis { font-size: 10.5px; }
}
@media print {
  :root { --paper: #ffffff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2, h3, .lead { break-after: avoid; }
  figure, tr, .panel, .warning { break-inside: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
}
)";

}  // namespace

std::string page_style() { return style; }

}  // namespace bench
