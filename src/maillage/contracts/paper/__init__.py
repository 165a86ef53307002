"""The documents of contracts on paper: convention, action sheet, amendment, execution report.

One context of values is made per document (`contexts`), from the snapshot of a version where there is one. The PDF
(`convention`, `sheets`, `amendments`, `reports`) and the merge templates (`outlines`, or those that agents deposit) say
the same context: an amount cannot differ from one format to another.
"""
