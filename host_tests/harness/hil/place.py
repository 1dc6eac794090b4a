from .rig import BoardSpec
def spec(place):
    return BoardSpec(f"labgrid:{place}", f"labgrid:{place}")
