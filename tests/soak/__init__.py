"""Many clients for a long time: what grows although nothing is to be kept."""
