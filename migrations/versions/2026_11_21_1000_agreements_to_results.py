"""Agreements, measures, incidents, reviews and results."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_1000"
down_revision = "2026_11_21_0900"


def upgrade() -> None:
    op.create_table(
        "incident",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=80), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("filed_by", sa.Integer(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'heard', 'confirmed', 'withdrawn')", name=op.f("ck_incident_status")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_incident_employee_id_employee")),
        sa.ForeignKeyConstraint(["filed_by"], ["account.id"], name=op.f("fk_incident_filed_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_employee_id"), ["employee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incident_happened_on"), ["happened_on"], unique=False)

    op.create_table(
        "past_grade",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("grade", sa.String(length=10), nullable=False),
        sa.Column("collective", sa.Boolean(), nullable=False),
        sa.Column("source_document", sa.String(length=200), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_past_grade_employee_id_employee")),
        sa.ForeignKeyConstraint(["imported_by"], ["account.id"], name=op.f("fk_past_grade_imported_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_grade")),
        sa.UniqueConstraint("employee_id", "period", name=op.f("uq_past_grade_employee_id_period")),
    )
    with op.batch_alter_table("past_grade", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_past_grade_employee_id"), ["employee_id"], unique=False)

    op.create_table(
        "incident_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('heard', 'confirmed', 'withdrawn')", name=op.f("ck_incident_entry_status")),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name=op.f("fk_incident_entry_entered_by_account")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_entry_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_entry")),
    )
    with op.batch_alter_table("incident_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_entry_entered_at"), ["entered_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_incident_entry_incident_id"), ["incident_id"], unique=False)

    op.create_table(
        "result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("layer", sa.String(length=12), nullable=False),
        sa.Column("computed_score", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("grade", sa.String(length=10), nullable=False),
        sa.Column("multiplier", sa.BigInteger(), nullable=False),
        sa.Column("vetoed", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("sheets", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("policy_digest", sa.String(length=80), nullable=False),
        sa.Column("case_digest", sa.String(length=80), nullable=False),
        sa.Column("computed_by", sa.Integer(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_from", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("layer IN ('computed')", name=op.f("ck_result_layer")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_result_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["computed_by"], ["account.id"], name=op.f("fk_result_computed_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result")),
        sa.UniqueConstraint("appraisal_id", "seq", name=op.f("uq_result_appraisal_id_seq")),
    )
    with op.batch_alter_table("result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_result_appraisal_id"), ["appraisal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_result_computed_at"), ["computed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_result_grade"), ["grade"], unique=False)

    op.create_table(
        "review_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("strengths", sa.Text(), nullable=True),
        sa.Column("shortcomings", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('self_assessment', 'goal_rating', 'supervisor_review', 'interview')", name=op.f("ck_review_entry_kind")
        ),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_review_entry_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["author_id"], ["employee.id"], name=op.f("fk_review_entry_author_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_entry")),
    )
    with op.batch_alter_table("review_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_entry_appraisal_id"), ["appraisal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_entry_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_entry_entered_at"), ["entered_at"], unique=False)

    op.create_table(
        "agreement",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("content_hash", sa.String(length=80), nullable=False),
        sa.Column("drafted_by", sa.Integer(), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'signed', 'superseded')", name=op.f("ck_agreement_status")),
        sa.ForeignKeyConstraint(["drafted_by"], ["account.id"], name=op.f("fk_agreement_drafted_by_account")),
        sa.ForeignKeyConstraint(["sheet_id"], ["appraisal_sheet.id"], name=op.f("fk_agreement_sheet_id_appraisal_sheet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("sheet_id", "revision", name=op.f("uq_agreement_sheet_id_revision")),
    )
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreement_sheet_id"), ["sheet_id"], unique=False)

    op.create_table(
        "measure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("actual", sa.BigInteger(), nullable=True),
        sa.Column("inputs", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("source_document", sa.String(length=200), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("back_filled", sa.Boolean(), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("origin IN ('event', 'import', 'manual')", name=op.f("ck_measure_origin")),
        sa.CheckConstraint("actual IS NOT NULL OR inputs IS NOT NULL", name=op.f("ck_measure_figure")),
        sa.CheckConstraint("corrects_id IS NULL OR reason IS NOT NULL", name=op.f("ck_measure_reason")),
        sa.ForeignKeyConstraint(["corrects_id"], ["measure.id"], name=op.f("fk_measure_corrects_id_measure")),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name=op.f("fk_measure_entered_by_account")),
        sa.ForeignKeyConstraint(["sheet_id"], ["appraisal_sheet.id"], name=op.f("fk_measure_sheet_id_appraisal_sheet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_measure_corrects_id")),
    )
    with op.batch_alter_table("measure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_measure_entered_at"), ["entered_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_measure_sheet_id"), ["sheet_id"], unique=False)
        batch_op.create_index(
            "uq_measure_first",
            ["sheet_id", "item", "period"],
            unique=True,
            sqlite_where=sa.text("corrects_id IS NULL"),
            postgresql_where=sa.text("corrects_id IS NULL"),
        )

    op.create_table(
        "rating",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("rating", sa.BigInteger(), nullable=True),
        sa.Column("factors", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.CheckConstraint("rating IS NOT NULL OR factors IS NOT NULL", name=op.f("ck_rating_value")),
        sa.ForeignKeyConstraint(["entry_id"], ["review_entry.id"], name=op.f("fk_rating_entry_id_review_entry")),
        sa.ForeignKeyConstraint(["sheet_id"], ["appraisal_sheet.id"], name=op.f("fk_rating_sheet_id_appraisal_sheet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("entry_id", "sheet_id", "item", name=op.f("uq_rating_entry_id_sheet_id_item")),
    )
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rating_sheet_id"), ["sheet_id"], unique=False)

    op.create_table(
        "result_approval",
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("approver_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_result_approval_account_id_account")),
        sa.ForeignKeyConstraint(["approver_id"], ["employee.id"], name=op.f("fk_result_approval_approver_id_employee")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_result_approval_result_id_result")),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_result_approval")),
    )
    op.create_table(
        "result_publication",
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("published_by", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["published_by"], ["account.id"], name=op.f("fk_result_publication_published_by_account")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_result_publication_result_id_result")),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_result_publication")),
    )
    op.create_table(
        "agreement_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=3), nullable=False),
        sa.Column("dimension", sa.String(length=80), nullable=True),
        sa.Column("name_zh", sa.String(length=200), nullable=True),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=True),
        sa.Column("challenge", sa.BigInteger(), nullable=True),
        sa.Column("threshold", sa.BigInteger(), nullable=True),
        sa.Column("baseline", sa.BigInteger(), nullable=True),
        sa.Column("curve", sa.String(length=80), nullable=True),
        sa.Column("direction", sa.String(length=10), nullable=True),
        sa.Column("factor_max", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("assessor_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('kpi', 'gs')", name=op.f("ck_agreement_item_kind")),
        sa.CheckConstraint("weight > 0", name=op.f("ck_agreement_item_weight")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_item_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["assessor_id"], ["employee.id"], name=op.f("fk_agreement_item_assessor_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_item")),
        sa.UniqueConstraint("agreement_id", "item", name=op.f("uq_agreement_item_agreement_id_item")),
    )
    with op.batch_alter_table("agreement_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreement_item_agreement_id"), ["agreement_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_agreement_item_assessor_id"), ["assessor_id"], unique=False)

    op.create_table(
        "agreement_signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.String(length=80), nullable=False),
        sa.CheckConstraint("role IN ('employee', 'supervisor')", name=op.f("ck_agreement_signature_role")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_agreement_signature_account_id_account")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_signature_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_agreement_signature_employee_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_signature")),
        sa.UniqueConstraint("agreement_id", "role", name=op.f("uq_agreement_signature_agreement_id_role")),
    )
    with op.batch_alter_table("agreement_signature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreement_signature_agreement_id"), ["agreement_id"], unique=False)

    op.create_table(
        "measure_confirmation",
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["confirmed_by"], ["account.id"], name=op.f("fk_measure_confirmation_confirmed_by_account")),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_measure_confirmation_measure_id_measure")),
        sa.PrimaryKeyConstraint("measure_id", name=op.f("pk_measure_confirmation")),
    )
    with op.batch_alter_table("measure_confirmation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_measure_confirmation_confirmed_at"), ["confirmed_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("measure_confirmation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_measure_confirmation_confirmed_at"))

    op.drop_table("measure_confirmation")
    with op.batch_alter_table("agreement_signature", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreement_signature_agreement_id"))

    op.drop_table("agreement_signature")
    with op.batch_alter_table("agreement_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreement_item_assessor_id"))
        batch_op.drop_index(batch_op.f("ix_agreement_item_agreement_id"))

    op.drop_table("agreement_item")
    op.drop_table("result_publication")
    op.drop_table("result_approval")
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rating_sheet_id"))
        batch_op.drop_index(batch_op.f("ix_rating_entry_id"))

    op.drop_table("rating")
    with op.batch_alter_table("measure", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_measure_first", sqlite_where=sa.text("corrects_id IS NULL"), postgresql_where=sa.text("corrects_id IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_measure_sheet_id"))
        batch_op.drop_index(batch_op.f("ix_measure_entered_at"))

    op.drop_table("measure")
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreement_sheet_id"))

    op.drop_table("agreement")
    with op.batch_alter_table("review_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_entry_entered_at"))
        batch_op.drop_index(batch_op.f("ix_review_entry_author_id"))
        batch_op.drop_index(batch_op.f("ix_review_entry_appraisal_id"))

    op.drop_table("review_entry")
    with op.batch_alter_table("result", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_result_grade"))
        batch_op.drop_index(batch_op.f("ix_result_computed_at"))
        batch_op.drop_index(batch_op.f("ix_result_appraisal_id"))

    op.drop_table("result")
    with op.batch_alter_table("incident_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_entry_incident_id"))
        batch_op.drop_index(batch_op.f("ix_incident_entry_entered_at"))

    op.drop_table("incident_entry")
    with op.batch_alter_table("past_grade", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_past_grade_employee_id"))

    op.drop_table("past_grade")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_happened_on"))
        batch_op.drop_index(batch_op.f("ix_incident_employee_id"))

    op.drop_table("incident")
