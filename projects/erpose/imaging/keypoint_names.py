"""Names of keypoints, as different tools write them."""
import re


def plain_name(name: str) -> str:
    """Normalises a keypoint name: "Left Hand" and "leftHand" become left_hand."""
    words = re.sub(r'(?<=[a-z])(?=[A-Z])', '_', name)
    return re.sub(r'[\W_]+', '_', words).strip('_').lower()
