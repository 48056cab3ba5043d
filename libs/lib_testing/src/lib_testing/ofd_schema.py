"""What the schemas of GB/T 33190-2016 demand of the XML in an OFD package, written down as a table of facts.

`violations` says where a package departs from it: elements out of order, missing or unknown, attributes that
are required, unknown or of another type, IDs that are not unique, too large or name nothing. It reads the
bytes with the standard library alone and uses none of the product's code.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from xml.etree import ElementTree

NAMESPACE = "{http://www.ofdspec.org/2016}"

# Element: its children in order (? at most one, * any number, + at least one, | a choice) ; its attributes,
# as name:type, ! for those required. A name with its parent before it goes before the plain name.
TABLE = """
OFD: DocBody+ ; Version:text! DocType:text!
DocBody: DocInfo DocRoot Versions? Signatures? ;
DocInfo: DocID Title? Author? Subject? Abstract? CreationDate? ModDate? DocUsage? Cover? Keywords? Creator? \
CreatorVersion? CustomDatas? ;
CustomDatas: CustomData+ ;
CustomData: ; Name:text!
Document: CommonData Pages Outlines? Permissions? Actions? VPreferences? Bookmarks? Annotations? CustomTags? \
Attachments? Extensions? ;
CommonData: MaxUnitID PageArea PublicRes* DocumentRes* TemplatePage* DefaultCS? ;
PageArea: PhysicalBox ApplicationBox? ContentBox? BleedBox? ;
Pages: Page+ ;
Pages/Page: ; ID:unit! BaseLoc:text!
Page: Template* PageRes* Area? Content? Actions? ;
Area: PhysicalBox ApplicationBox? ContentBox? BleedBox? ;
Content: Layer+ ;
Layer: (TextObject|PathObject|ImageObject|CompositeObject|PageBlock)* ; ID:unit! Type:text DrawParam:reference
PageBlock: (TextObject|PathObject|ImageObject|CompositeObject|PageBlock)* ; ID:unit!
TextObject: Actions? Clips? FillColor? StrokeColor? (CGTransform*TextCode)+ ; ID:unit! Boundary:box! \
Font:reference! Size:number! Stroke:flag Fill:flag HScale:number Weight:count Italic:flag LineWidth:number \
CTM:array Alpha:count
TextCode: ; X:number Y:number DeltaX:text DeltaY:text
PathObject: Actions? Clips? StrokeColor? FillColor? AbbreviatedData ; ID:unit! Boundary:box! Stroke:flag \
Fill:flag Rule:text LineWidth:number CTM:array Alpha:count
ImageObject: Actions? Clips? Border? ; ID:unit! Boundary:box! ResourceID:reference! CTM:array Alpha:count
FillColor: ; Value:array Index:count ColorSpace:reference Alpha:count
StrokeColor: ; Value:array Index:count ColorSpace:reference Alpha:count
Res: (ColorSpaces|DrawParams|Fonts|MultiMedias|CompositeGraphicUnits)* ; BaseLoc:text!
Fonts: Font+ ;
Font: FontFile? ; ID:unit! FontName:text! FamilyName:text Charset:text Italic:flag Bold:flag Serif:flag \
FixedWidth:flag
MultiMedias: MultiMedia+ ;
MultiMedia: MediaFile ; ID:unit! Type:text! Format:text
Signatures: MaxSignId? Signature* ;
Signatures/Signature: ; ID:name! Type:text BaseLoc:text!
Signature: SignedInfo SignedValue ;
SignedInfo: Provider SignatureMethod? SignatureDateTime? References StampAnnot* Seal? ;
Provider: ; ProviderName:text! Version:text Company:text
References: Reference+ ; CheckMethod:text
Reference: CheckValue ; FileRef:text!
StampAnnot: ; ID:name! PageRef:reference! Boundary:box! Clip:box
Seal: BaseLoc ;
"""
DATES = frozenset({"CreationDate", "ModDate"})
TEXTS = """
DocID Title Author Subject Abstract DocUsage Cover Creator CreatorVersion DocRoot DocBody/Signatures
MaxUnitID PublicRes DocumentRes PhysicalBox ApplicationBox ContentBox BleedBox AbbreviatedData FontFile
MediaFile MaxSignId SignatureMethod SignatureDateTime CheckValue BaseLoc SignedValue
"""
LEAVES = DATES | set(TEXTS.split())
NUMBER = r"[-+]?\d+(\.\d+)?"
TYPES = {
    "text": r".+",
    "number": NUMBER,
    "count": r"\d+",
    "unit": r"\d+",
    "reference": r"\d+",
    "flag": r"true|false|0|1",
    "box": rf"{NUMBER}( {NUMBER}){{3}}",
    "array": rf"{NUMBER}( {NUMBER})*",
    "name": r"[A-Za-z_][\w.-]*",
}


def _rules() -> dict[str, tuple[re.Pattern[str], dict[str, str], set[str]]]:
    rules = {}
    for line in TABLE.strip().splitlines():
        name, _, rest = line.partition(":")
        children, _, attributes = rest.partition(";")
        pattern = re.sub(r"(\w+)", r"(?:\1 )", children).replace(" ) ", " )").replace(" (", "(").strip()
        listed = [attribute.rstrip("!").split(":") for attribute in attributes.split()]
        required = {a.partition(":")[0] for a in attributes.split() if a.endswith("!")}
        rules[name] = (re.compile(pattern), {key: kind for key, kind in listed}, required)
    return rules


RULES = _rules()


def violations(document: bytes) -> list[str]:
    """Return what departs from the schemas; an empty list for a package that keeps them."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    # Read only with files that the product has just written.
    roots = {name: ElementTree.fromstring(data) for name, data in files.items() if name.endswith(".xml")}  # noqa: S314
    found: list[str] = []
    for name, root in roots.items():
        found += [f"{name}: {text}" for text in _element(root, "")]
        found += [f"{name}: {text}" for text in _unique_names(root)]
    return found + list(_units(roots))


def _element(element: ElementTree.Element, parent: str) -> Iterator[str]:
    if not element.tag.startswith(NAMESPACE):
        yield f"{element.tag} is in another name space"
        return
    name = element.tag.removeprefix(NAMESPACE)
    key = f"{parent}/{name}" if f"{parent}/{name}" in RULES.keys() | LEAVES else name
    if key in LEAVES:
        yield from _leaf(element, name)
        return
    if key not in RULES:
        yield f"{key} is not known"
        return
    pattern, kinds, required = RULES[key]
    children = "".join(f"{child.tag.removeprefix(NAMESPACE)} " for child in element)
    if not pattern.fullmatch(children):
        yield f"{key} has the children {children}"
    yield from _attributes(key, element.attrib, kinds, required)
    for child in element:
        yield from _element(child, name)


def _leaf(element: ElementTree.Element, name: str) -> Iterator[str]:
    if len(element) or element.attrib or not element.text:
        yield f"{name} should be a text"
    elif name in DATES:
        date.fromisoformat(element.text)
    elif name.endswith("Box") and not re.fullmatch(TYPES["box"], element.text):
        yield f"{name} is no box"


def _attributes(
    name: str, attributes: Mapping[str, str], kinds: Mapping[str, str], required: set[str]
) -> Iterator[str]:
    yield from (f"{name} lacks {missing}" for missing in sorted(required - attributes.keys()))
    for attribute, value in attributes.items():
        if attribute not in kinds:
            yield f"{name} has the attribute {attribute}"
        elif not re.fullmatch(TYPES[kinds[attribute]], value):
            yield f"{name}: {attribute} is no {kinds[attribute]}: {value}"


def _unique_names(root: ElementTree.Element) -> Iterator[str]:
    """XML IDs are unique in their file, and the largest one in the list (MaxSignId) is itself one."""
    names = _values(root, lambda kind: kind == "name")
    names += [element.text or "" for element in root.iter(f"{NAMESPACE}MaxSignId")]
    yield from (f"the XML ID {name} stands twice" for name in set(names) if names.count(name) > 1)


def _units(roots: Mapping[str, ElementTree.Element]) -> Iterator[str]:
    """Units are unique in the document and at most MaxUnitID; every reference names one."""
    units = [value for root in roots.values() for value in _values(root, lambda kind: kind == "unit")]
    yield from (f"the ID {unit} stands twice" for unit in set(units) if units.count(unit) > 1)
    for root in roots.values():
        for largest in root.iter(f"{NAMESPACE}MaxUnitID"):
            yield from (f"{u} is over MaxUnitID" for u in units if int(u) > int(largest.text or "0"))
        wanted = _values(root, lambda kind: kind == "reference")
        yield from (f"{reference} is no ID" for reference in sorted(set(wanted) - set(units)))


def _values(root: ElementTree.Element, wanted: Callable[[str], bool]) -> list[str]:
    parents = {child: parent for parent in root.iter() for child in parent}
    found = []
    for element in root.iter():
        name = element.tag.removeprefix(NAMESPACE)
        above = parents[element].tag.removeprefix(NAMESPACE) if element in parents else ""
        rule = RULES.get(f"{above}/{name}") or RULES.get(name)
        if rule is not None and f"{above}/{name}" not in LEAVES:
            found += [
                element.attrib[key] for key, kind in rule[1].items() if wanted(kind) and key in element.attrib
            ]
    return found
