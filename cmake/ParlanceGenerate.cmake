# parlance_generate is written by codegen; see codegen/README.md.
