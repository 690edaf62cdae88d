"""The regulation as code: plain values in, plain values and their explanation out."""
