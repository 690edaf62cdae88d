"""What is delivered outside the page: where and how each person wants their mail, what groups are told, the robots of group
chats, and a row for each thing and way by which it is delivered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_2440"
down_revision = "2026_11_21_2430"

STATES = "state IN ('waiting', 'claimed', 'sent', 'failed', 'skipped')"
KINDS = "kind IN ('wecom', 'dingtalk', 'feishu')"


def upgrade() -> None:
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    instant = sa.DateTime(timezone=True)
    op.add_column("employee", sa.Column("email", sa.String(length=254), nullable=True))
    op.add_column("employee", sa.Column("mail_how", sa.String(length=6), nullable=False, server_default="urgent"))
    op.add_column("employee", sa.Column("mail_language", sa.String(length=2), nullable=False, server_default="zh"))
    op.create_index(op.f("ix_notification_created_at"), "notification", ["created_at"])
    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("about_kind", sa.String(length=40), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("said", json, nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_announcement_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
    )
    op.create_index(op.f("ix_announcement_unit_id"), "announcement", ["unit_id"])
    op.create_index(op.f("ix_announcement_created_at"), "announcement", ["created_at"])
    op.create_table(
        "robot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("host", sa.String(length=120), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("seal", sa.String(length=32), nullable=False),
        sa.Column("events", json, nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_robot_kind")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_robot_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_robot")),
        sa.UniqueConstraint("name", name=op.f("uq_robot_name")),
    )
    op.create_index(op.f("ix_robot_unit_id"), "robot", ["unit_id"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("notification_id", sa.Integer(), nullable=True),
        sa.Column("announcement_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("claimed_at", instant, nullable=True),
        sa.Column("ended_at", instant, nullable=True),
        sa.Column("sent_as", sa.String(length=120), nullable=True),
        sa.Column("why", sa.String(length=20), nullable=True),
        sa.Column("words", sa.String(length=300), nullable=True),
        sa.CheckConstraint(STATES, name=op.f("ck_delivery_state")),
        sa.CheckConstraint("(notification_id IS NULL) <> (announcement_id IS NULL)", name=op.f("ck_delivery_of_one")),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_delivery_notification_id_notification")
        ),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"], name=op.f("fk_delivery_announcement_id_announcement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("way", "notification_id", name=op.f("uq_delivery_way_notification_id")),
        sa.UniqueConstraint("way", "announcement_id", name=op.f("uq_delivery_way_announcement_id")),
    )
    op.create_index(op.f("ix_delivery_notification_id"), "delivery", ["notification_id"])
    op.create_index(op.f("ix_delivery_announcement_id"), "delivery", ["announcement_id"])
    op.create_index("ix_delivery_way_state_due_at", "delivery", ["way", "state", "due_at"])
    op.create_table(
        "delivery_way",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("last_sent_at", instant, nullable=True),
        sa.Column("last_fault_at", instant, nullable=True),
        sa.Column("fault", sa.String(length=300), nullable=True),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("retry_at", instant, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_delivery_way")),
    )


def downgrade() -> None:
    for table in ("delivery_way", "delivery", "robot", "announcement"):
        op.drop_table(table)
    op.drop_index(op.f("ix_notification_created_at"), "notification")
    for name in ("mail_language", "mail_how", "email"):
        op.drop_column("employee", name)
