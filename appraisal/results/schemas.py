"""What may be asked of the table of results."""

from marshmallow import EXCLUDE, Schema, fields, validate


class TableFilter(Schema):
    """The cycle by its code and the unit by its number; everything else of the address is none of its business."""

    class Meta:
        unknown = EXCLUDE

    cycle = fields.String(load_default=None, validate=validate.Length(max=40))
    unit = fields.Integer(load_default=None, validate=validate.Range(1, 2**31 - 1))
