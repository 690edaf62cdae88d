"""Drafts, opinions and signatures of the review; appeals, calibration, the approval chain and reopening of results."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_1800"
down_revision = "2026_11_21_1700"

SPOKEN = ("next_goals", "training", "support")
KINDS = "kind IN ('self_assessment', 'goal_rating', 'supervisor_review', 'interview')"
MORE_KINDS = "kind IN ('self_assessment', 'goal_rating', 'supervisor_review', 'interview', 'decision')"
LAYERS = "layer IN ('computed')"
MORE_LAYERS = "layer IN ('computed', 'calibrated', 'appealed', 'reviewed')"
NEW_TABLES = (
    *("reopening_decision", "reopening", "calibration_proposal", "calibration", "appeal_file", "appeal_act", "appeal"),
    *("appraisal_move", "result_acknowledgement", "result_approval_link"),
    *("interview_signature", "former_opinion", "review_draft"),
)


def upgrade() -> None:
    with op.batch_alter_table("review_entry", schema=None) as batch_op:
        for name in SPOKEN:
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=True))
        batch_op.drop_constraint(batch_op.f("ck_review_entry_kind"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_review_entry_kind"), MORE_KINDS)
    with op.batch_alter_table("result", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("adjusts_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_result_adjusts_id_result"), "result", ["adjusts_id"], ["id"])
        batch_op.drop_constraint(batch_op.f("ck_result_layer"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_result_layer"), MORE_LAYERS)
        batch_op.create_check_constraint(batch_op.f("ck_result_reason"), "layer = 'computed' OR reason IS NOT NULL")
    op.add_column("past_grade", sa.Column("score", sa.BigInteger(), nullable=True))
    op.create_table(
        "review_draft",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("ratings", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('self_assessment', 'supervisor_review')", name=op.f("ck_review_draft_kind")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_review_draft_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["author_id"], ["employee.id"], name=op.f("fk_review_draft_author_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_draft")),
        sa.UniqueConstraint("appraisal_id", "kind", "author_id", name=op.f("uq_review_draft_appraisal_id_kind_author_id")),
    )
    op.create_index(op.f("ix_review_draft_appraisal_id"), "review_draft", ["appraisal_id"], unique=False)
    op.create_index(op.f("ix_review_draft_author_id"), "review_draft", ["author_id"], unique=False)
    op.create_table(
        "former_opinion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("supervisor_id", sa.Integer(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("waived_because", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(opinion IS NULL) <> (waived_because IS NULL)", name=op.f("ck_former_opinion_either")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_former_opinion_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name=op.f("fk_former_opinion_entered_by_account")),
        sa.ForeignKeyConstraint(["supervisor_id"], ["employee.id"], name=op.f("fk_former_opinion_supervisor_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_opinion")),
        sa.UniqueConstraint("appraisal_id", "supervisor_id", name=op.f("uq_former_opinion_appraisal_id_supervisor_id")),
    )
    op.create_index(op.f("ix_former_opinion_appraisal_id"), "former_opinion", ["appraisal_id"], unique=False)
    op.create_index(op.f("ix_former_opinion_supervisor_id"), "former_opinion", ["supervisor_id"], unique=False)
    op.create_table(
        "interview_signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("disagrees", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.String(length=80), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("witness_id", sa.Integer(), nullable=True),
        sa.Column("second_witness_id", sa.Integer(), nullable=True),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("how <> 'on_paper' OR file_id IS NOT NULL", name=op.f("ck_interview_signature_paper")),
        sa.CheckConstraint(
            "how <> 'refused' OR (witness_id IS NOT NULL AND second_witness_id IS NOT NULL)",
            name=op.f("ck_interview_signature_witnesses"),
        ),
        sa.CheckConstraint("how IN ('signed', 'on_paper', 'refused', 'lapsed')", name=op.f("ck_interview_signature_how")),
        sa.CheckConstraint("role IN ('employee', 'supervisor')", name=op.f("ck_interview_signature_role")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_interview_signature_employee_id_employee")),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name=op.f("fk_interview_signature_entered_by_account")),
        sa.ForeignKeyConstraint(["entry_id"], ["review_entry.id"], name=op.f("fk_interview_signature_entry_id_review_entry")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_interview_signature_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["second_witness_id"], ["employee.id"], name=op.f("fk_interview_signature_second_witness_id_employee")
        ),
        sa.ForeignKeyConstraint(["witness_id"], ["employee.id"], name=op.f("fk_interview_signature_witness_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview_signature")),
        sa.UniqueConstraint("entry_id", "role", name=op.f("uq_interview_signature_entry_id_role")),
    )
    op.create_index(op.f("ix_interview_signature_employee_id"), "interview_signature", ["employee_id"], unique=False)
    op.create_index(op.f("ix_interview_signature_entry_id"), "interview_signature", ["entry_id"], unique=False)
    op.create_table(
        "result_approval_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("link", sa.String(length=80), nullable=False),
        sa.Column("approver_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_result_approval_link_account_id_account")),
        sa.ForeignKeyConstraint(["approver_id"], ["employee.id"], name=op.f("fk_result_approval_link_approver_id_employee")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_result_approval_link_result_id_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_approval_link")),
        sa.UniqueConstraint("result_id", "link", name=op.f("uq_result_approval_link_result_id_link")),
    )
    op.create_index(op.f("ix_result_approval_link_result_id"), "result_approval_link", ["result_id"], unique=False)
    op.create_table(
        "result_acknowledgement",
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("witness_id", sa.Integer(), nullable=True),
        sa.Column("second_witness_id", sa.Integer(), nullable=True),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "answer <> 'refused' OR (witness_id IS NOT NULL AND second_witness_id IS NOT NULL)",
            name=op.f("ck_result_acknowledgement_witnesses"),
        ),
        sa.CheckConstraint(
            "answer IN ('agreed', 'disagreed', 'refused', 'deemed')", name=op.f("ck_result_acknowledgement_answer")
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name=op.f("fk_result_acknowledgement_entered_by_account")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_result_acknowledgement_file_id_stored_file")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_result_acknowledgement_result_id_result")),
        sa.ForeignKeyConstraint(
            ["second_witness_id"], ["employee.id"], name=op.f("fk_result_acknowledgement_second_witness_id_employee")
        ),
        sa.ForeignKeyConstraint(["witness_id"], ["employee.id"], name=op.f("fk_result_acknowledgement_witness_id_employee")),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_result_acknowledgement")),
    )
    op.create_table(
        "appraisal_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("from_step", sa.String(length=40), nullable=False),
        sa.Column("to_step", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_appraisal_move_account_id_account")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_move_appraisal_id_appraisal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_move")),
    )
    op.create_index(op.f("ix_appraisal_move_appraisal_id"), "appraisal_move", ["appraisal_id"], unique=False)
    op.create_table(
        "appeal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appeal_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_appeal_result_id_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("result_id", name=op.f("uq_appeal_result_id")),
    )
    op.create_index(op.f("ix_appeal_appraisal_id"), "appeal", ["appraisal_id"], unique=False)
    op.create_index(op.f("ix_appeal_filed_at"), "appeal", ["filed_at"], unique=False)
    op.create_table(
        "appeal_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appeal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=True),
        sa.Column("ground", sa.String(length=20), nullable=True),
        sa.Column("delayed_because", sa.Text(), nullable=True),
        sa.Column("result_id", sa.Integer(), nullable=True),
        sa.Column("employee_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'upheld') = (result_id IS NOT NULL)", name=op.f("ck_appeal_act_result")),
        sa.CheckConstraint(
            "kind IN ('filed', 'accepted', 'rejected', 'stated', 'withdrawn', 'upheld', 'dismissed')",
            name=op.f("ck_appeal_act_kind"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_appeal_act_account_id_account")),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_appeal_act_appeal_id_appeal")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_appeal_act_employee_id_employee")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_appeal_act_result_id_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_act")),
    )
    op.create_index(op.f("ix_appeal_act_appeal_id"), "appeal_act", ["appeal_id"], unique=False)
    op.create_table(
        "appeal_file",
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["appeal_act.id"], name=op.f("fk_appeal_file_act_id_appeal_act")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_appeal_file_file_id_stored_file")),
        sa.PrimaryKeyConstraint("act_id", "file_id", name=op.f("pk_appeal_file")),
    )
    op.create_table(
        "calibration",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_calibration_status")),
        sa.ForeignKeyConstraint(["closed_by"], ["account.id"], name=op.f("fk_calibration_closed_by_account")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_calibration_cycle_id_cycle")),
        sa.ForeignKeyConstraint(["opened_by"], ["account.id"], name=op.f("fk_calibration_opened_by_account")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_calibration_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration")),
    )
    op.create_index(op.f("ix_calibration_cycle_id"), "calibration", ["cycle_id"], unique=False)
    op.create_index(op.f("ix_calibration_unit_id"), "calibration", ["unit_id"], unique=False)
    op.create_table(
        "calibration_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calibration_id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraisal_id"], ["appraisal.id"], name=op.f("fk_calibration_proposal_appraisal_id_appraisal")
        ),
        sa.ForeignKeyConstraint(
            ["calibration_id"], ["calibration.id"], name=op.f("fk_calibration_proposal_calibration_id_calibration")
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_calibration_proposal_proposed_by_account")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_calibration_proposal_result_id_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_proposal")),
    )
    op.create_index(op.f("ix_calibration_proposal_appraisal_id"), "calibration_proposal", ["appraisal_id"], unique=False)
    op.create_index(op.f("ix_calibration_proposal_calibration_id"), "calibration_proposal", ["calibration_id"], unique=False)
    op.create_table(
        "reopening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_reopening_account_id_account")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_reopening_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_reopening_employee_id_employee")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_reopening_result_id_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reopening")),
    )
    op.create_index(op.f("ix_reopening_appraisal_id"), "reopening", ["appraisal_id"], unique=False)
    op.create_index(op.f("ix_reopening_result_id"), "reopening", ["result_id"], unique=False)
    op.create_table(
        "reopening_decision",
        sa.Column("reopening_id", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_reopening_decision_account_id_account")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_reopening_decision_employee_id_employee")),
        sa.ForeignKeyConstraint(["reopening_id"], ["reopening.id"], name=op.f("fk_reopening_decision_reopening_id_reopening")),
        sa.PrimaryKeyConstraint("reopening_id", name=op.f("pk_reopening_decision")),
    )


def downgrade() -> None:
    for name in NEW_TABLES:
        op.drop_table(name)
    op.drop_column("past_grade", "score")
    with op.batch_alter_table("result", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_result_reason"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_result_layer"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_result_layer"), LAYERS)
        batch_op.drop_constraint(batch_op.f("fk_result_adjusts_id_result"), type_="foreignkey")
        batch_op.drop_column("adjusts_id")
        batch_op.drop_column("reason")
    with op.batch_alter_table("review_entry", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_review_entry_kind"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_review_entry_kind"), KINDS)
        for name in SPOKEN:
            batch_op.drop_column(name)
