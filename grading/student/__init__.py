"""What runs inside a student's kernel; nothing that it says is believed."""
