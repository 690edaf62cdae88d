"""360° feedback, development and improvement plans, check-ins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_1900"
down_revision = "2026_11_21_1800"


def upgrade() -> None:
    op.create_table(
        "feedback_round",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("scale_from", sa.BigInteger(), nullable=False),
        sa.Column("scale_to", sa.BigInteger(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("answers_until", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('draft', 'open', 'closed')", name=op.f("ck_feedback_round_status")),
        sa.CheckConstraint("minimum >= 3", name=op.f("ck_feedback_round_minimum")),
        sa.CheckConstraint("scale_from < scale_to", name=op.f("ck_feedback_round_scale")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_feedback_round_cycle_id_cycle")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_round")),
        sa.UniqueConstraint("cycle_id", name=op.f("uq_feedback_round_cycle_id")),
    )
    op.create_table(
        "check_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_check_in_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["author_id"], ["employee.id"], name=op.f("fk_check_in_author_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
    )
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_in_appraisal_id"), ["appraisal_id"], unique=False)

    op.create_table(
        "development_plan",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("rating", sa.BigInteger(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(status = 'rated') = (rating IS NOT NULL)", name=op.f("ck_development_plan_rated")),
        sa.CheckConstraint("status IN ('draft', 'proposed', 'agreed', 'rated')", name=op.f("ck_development_plan_status")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_development_plan_appraisal_id_appraisal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_development_plan")),
        sa.UniqueConstraint("appraisal_id", name=op.f("uq_development_plan_appraisal_id")),
    )
    op.create_table(
        "feedback_box",
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.String(length=40), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_feedback_box_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["round_id"], ["feedback_round.id"], name=op.f("fk_feedback_box_round_id_feedback_round")),
        sa.PrimaryKeyConstraint("appraisal_id", "group_code", name=op.f("pk_feedback_box")),
    )
    with op.batch_alter_table("feedback_box", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_box_round_id"), ["round_id"], unique=False)

    op.create_table(
        "feedback_group",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("share", sa.BigInteger(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.CheckConstraint("share > 0", name=op.f("ck_feedback_group_share")),
        sa.ForeignKeyConstraint(["round_id"], ["feedback_round.id"], name=op.f("fk_feedback_group_round_id_feedback_round")),
        sa.PrimaryKeyConstraint("round_id", "code", name=op.f("pk_feedback_group")),
    )
    op.create_table(
        "feedback_question",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("text_zh", sa.String(length=500), nullable=False),
        sa.Column("text_en", sa.String(length=500), nullable=False),
        sa.CheckConstraint("kind IN ('rating', 'text')", name=op.f("ck_feedback_question_kind")),
        sa.ForeignKeyConstraint(["round_id"], ["feedback_round.id"], name=op.f("fk_feedback_question_round_id_feedback_round")),
        sa.PrimaryKeyConstraint("round_id", "code", name=op.f("pk_feedback_question")),
    )
    op.create_table(
        "feedback_rater",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.String(length=40), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=True),
        sa.Column("organisation", sa.String(length=120), nullable=True),
        sa.Column("mail", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("status IN ('proposed', 'approved', 'refused', 'withdrawn')", name=op.f("ck_feedback_rater_status")),
        sa.CheckConstraint(
            "(employee_id IS NULL) = (mail IS NOT NULL AND name IS NOT NULL)", name=op.f("ck_feedback_rater_who")
        ),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_feedback_rater_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_feedback_rater_decided_by_account")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_feedback_rater_employee_id_employee")),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_feedback_rater_proposed_by_account")),
        sa.ForeignKeyConstraint(["round_id"], ["feedback_round.id"], name=op.f("fk_feedback_rater_round_id_feedback_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_rater")),
        sa.UniqueConstraint("appraisal_id", "employee_id", name=op.f("uq_feedback_rater_appraisal_id_employee_id")),
    )
    with op.batch_alter_table("feedback_rater", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_rater_appraisal_id"), ["appraisal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_rater_employee_id"), ["employee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_rater_round_id"), ["round_id"], unique=False)
        batch_op.create_index(
            "uq_feedback_rater_outsider",
            ["appraisal_id", "mail"],
            unique=True,
            sqlite_where=sa.text("mail IS NOT NULL"),
            postgresql_where=sa.text("mail IS NOT NULL"),
        )

    op.create_table(
        "feedback_result",
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("withheld", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_feedback_result_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["round_id"], ["feedback_round.id"], name=op.f("fk_feedback_result_round_id_feedback_round")),
        sa.PrimaryKeyConstraint("appraisal_id", name=op.f("pk_feedback_result")),
    )
    with op.batch_alter_table("feedback_result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_result_round_id"), ["round_id"], unique=False)

    op.create_table(
        "improvement_plan",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=True),
        sa.Column("post_title", sa.String(length=120), nullable=False),
        sa.Column("unit_name", sa.String(length=120), nullable=False),
        sa.Column("last_grade", sa.String(length=20), nullable=True),
        sa.Column("supervisor_id", sa.Integer(), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("causes", sa.Text(), nullable=False),
        sa.Column("assistance", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("evaluation", sa.Text(), nullable=True),
        sa.Column("measure", sa.String(length=12), nullable=True),
        sa.Column("measures", sa.Text(), nullable=True),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("outcome IN ('met', 'not_met')", name=op.f("ck_improvement_plan_outcome")),
        sa.CheckConstraint(
            "status IN ('draft', 'offered', 'running', 'evaluated', 'closed', 'cancelled')",
            name=op.f("ck_improvement_plan_status"),
        ),
        sa.CheckConstraint("from_on < to_on", name=op.f("ck_improvement_plan_period")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_improvement_plan_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_improvement_plan_employee_id_employee")),
        sa.ForeignKeyConstraint(["manager_id"], ["employee.id"], name=op.f("fk_improvement_plan_manager_id_employee")),
        sa.ForeignKeyConstraint(["opened_by"], ["account.id"], name=op.f("fk_improvement_plan_opened_by_account")),
        sa.ForeignKeyConstraint(["supervisor_id"], ["employee.id"], name=op.f("fk_improvement_plan_supervisor_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvement_plan")),
    )
    with op.batch_alter_table("improvement_plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_improvement_plan_appraisal_id"), ["appraisal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_improvement_plan_employee_id"), ["employee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_improvement_plan_status"), ["status"], unique=False)

    op.create_table(
        "training_need",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=True),
        sa.Column("item", sa.String(length=80), nullable=True),
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("outcome_note", sa.String(length=2000), nullable=True),
        sa.Column("noted_by", sa.Integer(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'planned', 'done', 'dropped')", name=op.f("ck_training_need_status")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_training_need_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_training_need_employee_id_employee")),
        sa.ForeignKeyConstraint(["noted_by"], ["account.id"], name=op.f("fk_training_need_noted_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_need")),
    )
    with op.batch_alter_table("training_need", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_need_appraisal_id"), ["appraisal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_need_employee_id"), ["employee_id"], unique=False)

    op.create_table(
        "development_goal",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("goal", sa.String(length=500), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("rating", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["development_plan.id"], name=op.f("fk_development_goal_plan_id_development_plan")
        ),
        sa.PrimaryKeyConstraint("plan_id", "position", name=op.f("pk_development_goal")),
    )
    op.create_table(
        "feedback_ballot",
        sa.Column("rater_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["rater_id"], ["feedback_rater.id"], name=op.f("fk_feedback_ballot_rater_id_feedback_rater")),
        sa.PrimaryKeyConstraint("rater_id", name=op.f("pk_feedback_ballot")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_feedback_ballot_token_hash")),
    )
    op.create_table(
        "feedback_group_result",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("groups", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("share", sa.BigInteger(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("sums", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraisal_id"],
            ["feedback_result.appraisal_id"],
            name=op.f("fk_feedback_group_result_appraisal_id_feedback_result"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_group_result")),
    )
    with op.batch_alter_table("feedback_group_result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_group_result_appraisal_id"), ["appraisal_id"], unique=False)

    op.create_table(
        "improvement_approval",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("approver_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["approver_id"], ["employee.id"], name=op.f("fk_improvement_approval_approver_id_employee")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["improvement_plan.id"], name=op.f("fk_improvement_approval_plan_id_improvement_plan")
        ),
        sa.PrimaryKeyConstraint("plan_id", "part", name=op.f("pk_improvement_approval")),
    )
    op.create_table(
        "improvement_check",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.Column("noted_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["noted_by"], ["account.id"], name=op.f("fk_improvement_check_noted_by_account")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["improvement_plan.id"], name=op.f("fk_improvement_check_plan_id_improvement_plan")
        ),
        sa.PrimaryKeyConstraint("plan_id", "due_on", name=op.f("pk_improvement_check")),
    )
    op.create_table(
        "improvement_signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.String(length=80), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("witness_id", sa.Integer(), nullable=True),
        sa.Column("second_witness_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("part IN ('plan', 'evaluation')", name=op.f("ck_improvement_signature_part")),
        sa.CheckConstraint("role IN ('employee', 'supervisor')", name=op.f("ck_improvement_signature_role")),
        sa.CheckConstraint(
            "refused = (witness_id IS NOT NULL AND second_witness_id IS NOT NULL)",
            name=op.f("ck_improvement_signature_witnesses"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_improvement_signature_account_id_account")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_improvement_signature_employee_id_employee")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_improvement_signature_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["improvement_plan.id"], name=op.f("fk_improvement_signature_plan_id_improvement_plan")
        ),
        sa.ForeignKeyConstraint(
            ["second_witness_id"], ["employee.id"], name=op.f("fk_improvement_signature_second_witness_id_employee")
        ),
        sa.ForeignKeyConstraint(["witness_id"], ["employee.id"], name=op.f("fk_improvement_signature_witness_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvement_signature")),
        sa.UniqueConstraint("plan_id", "part", "role", name=op.f("uq_improvement_signature_plan_id_part_role")),
    )
    with op.batch_alter_table("improvement_signature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_improvement_signature_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "improvement_target",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(length=1000), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["improvement_plan.id"], name=op.f("fk_improvement_target_plan_id_improvement_plan")
        ),
        sa.PrimaryKeyConstraint("plan_id", "position", name=op.f("pk_improvement_target")),
    )
    op.create_table(
        "feedback_remark",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("group_result_id", sa.String(length=32), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_result_id"],
            ["feedback_group_result.id"],
            name=op.f("fk_feedback_remark_group_result_id_feedback_group_result"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_remark")),
    )
    with op.batch_alter_table("feedback_remark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_remark_group_result_id"), ["group_result_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("feedback_remark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_remark_group_result_id"))

    op.drop_table("feedback_remark")
    op.drop_table("improvement_target")
    with op.batch_alter_table("improvement_signature", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_improvement_signature_plan_id"))

    op.drop_table("improvement_signature")
    op.drop_table("improvement_check")
    op.drop_table("improvement_approval")
    with op.batch_alter_table("feedback_group_result", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_group_result_appraisal_id"))

    op.drop_table("feedback_group_result")
    op.drop_table("feedback_ballot")
    op.drop_table("development_goal")
    with op.batch_alter_table("training_need", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_need_employee_id"))
        batch_op.drop_index(batch_op.f("ix_training_need_appraisal_id"))

    op.drop_table("training_need")
    with op.batch_alter_table("improvement_plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_improvement_plan_status"))
        batch_op.drop_index(batch_op.f("ix_improvement_plan_employee_id"))
        batch_op.drop_index(batch_op.f("ix_improvement_plan_appraisal_id"))

    op.drop_table("improvement_plan")
    with op.batch_alter_table("feedback_result", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_result_round_id"))

    op.drop_table("feedback_result")
    with op.batch_alter_table("feedback_rater", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_feedback_rater_outsider", sqlite_where=sa.text("mail IS NOT NULL"), postgresql_where=sa.text("mail IS NOT NULL")
        )
        batch_op.drop_index(batch_op.f("ix_feedback_rater_round_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_rater_employee_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_rater_appraisal_id"))

    op.drop_table("feedback_rater")
    op.drop_table("feedback_question")
    op.drop_table("feedback_group")
    with op.batch_alter_table("feedback_box", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_box_round_id"))

    op.drop_table("feedback_box")
    op.drop_table("development_plan")
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_check_in_appraisal_id"))

    op.drop_table("check_in")
    op.drop_table("feedback_round")
