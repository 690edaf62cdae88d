"""Loaded once by the process that renderers are forked from: fonts, style sheets and a first document are theirs already."""

import gc

from appraisal import pdf

_SAMPLE = (
    '<link rel="stylesheet" href="static:print.css"><h1>绩效考核</h1><table class="items"><thead><tr><th>指标</th></tr></thead>'
    "<tr><td>合计 Total 0123456789</td></tr></table><p><b>签收</b></p>"
)

pdf.render(_SAMPLE)
gc.collect()
gc.freeze()
