"""Appointments and queue calling (云叫号) at halls, township centres and bank outlets."""
