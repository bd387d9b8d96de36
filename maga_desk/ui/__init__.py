"""The window: pages, widgets, item models and plots, and what connects them."""

from maga_desk.ui.booleans import keep_booleans_alive

keep_booleans_alive()
