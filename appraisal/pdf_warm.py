"""Loaded once by the process that renderers are forked from: what it has read, found and measured costs its children nothing.

The sample has the sizes and weights that documents have, in the language they are in: each costs a search through all fonts.
"""

import gc

from appraisal import pdf

_ENGLISH = ' <span class="en" lang="en">Total 0.12</span>'


def _sample(words: str, *sheets: str) -> str:
    links = "\n".join(f'<link rel="stylesheet" href="static:{name}">' for name in sheets)
    return f"""<!doctype html><html lang="zh-CN">{links}
<p class="running-left">{words}</p><p class="running-right">{words}</p><p class="running-digest">{words}</p>
<header><p class="company">{words}</p><h1>{words}</h1><p class="number">{words}</p></header>
<table class="facts"><tr><th>{words}</th><td>{words}</td></tr></table>
<table class="verdict"><tr><th>{words}</th></tr>
<tr><td>{words}<span class="word">{words}</span></td><td class="minor">{words}</td></tr></table>
<h2>{words}</h2><p>{words}</p><p class="hint">{words}</p>
<table class="items"><tr><th>{words}</th></tr><tr><td class="left">{words}<span class="unit">{words}</span></td></tr></table>
<table class="reasons"><tr><td>{words}</td><td class="where">{words}</td></tr></table>
<table class="signatures"><tr><th>{words}</th><td class="digest">{words}</td></tr></table>
<h3>{words}</h3><p style="break-before: page">{words}</p>"""


pdf.render(_sample("绩效考核 0.12", "print.css"))
pdf.render(_sample(f"绩效考核 0.12{_ENGLISH}", "print.css", "print_both.css"))
gc.collect()
gc.freeze()
