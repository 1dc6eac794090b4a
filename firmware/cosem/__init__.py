"""COSEM interface classes, one module for a class or a close family (IEC 62056-6-2)."""
