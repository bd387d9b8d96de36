"""The window: pages, widgets, item models and plots, and what connects them."""

from maga_desk.ui.immortals import keep_singletons_alive

keep_singletons_alive()
